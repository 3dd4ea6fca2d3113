"""What people see, read from the tables of all services: the same questions for the API and the console."""
