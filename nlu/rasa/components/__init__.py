"""Graph components of the intent pipeline; Rasa imports them by dotted name from the project folder."""
