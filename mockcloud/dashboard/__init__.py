"""A page in the browser that shows a lab live, and breaks it on request: `mockcloud dashboard`."""
