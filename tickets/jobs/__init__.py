"""Vacancies that unions publish: importing lists, finding what fits a worker, telling those who asked."""
