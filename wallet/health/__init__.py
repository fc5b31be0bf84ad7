"""What a traveller holds: passes, the keys that they are bound to, and the gates they answered."""
