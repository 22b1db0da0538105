"""The parts of the controller that do things: keep the configuration, write statuses, lead."""
