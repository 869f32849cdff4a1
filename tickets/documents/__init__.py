"""Papers drafted for a ticket: plain values in, a Word file out; nothing here knows how a sum is made."""
