"""Small extractors, one per family of facts; `nlu.entities` is the door to them."""
