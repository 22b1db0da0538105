"""The parts of the speaker that do things: watch, decide, beat, announce, tell."""
