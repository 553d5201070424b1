"""What is read: the pages, and the fragments that they fetch."""
