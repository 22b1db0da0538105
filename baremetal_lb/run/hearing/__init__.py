"""The controller's ear: what speakers report, and how it reaches the Services."""
