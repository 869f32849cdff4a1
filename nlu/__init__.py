"""Understanding: text in, intent, confidence, entities and sentence vector out."""
