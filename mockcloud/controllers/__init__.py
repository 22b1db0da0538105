"""The lab's controller manager: model -> decide (pure) -> loops (they read, decide, write) over machinery."""
