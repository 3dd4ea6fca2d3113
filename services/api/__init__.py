"""What people and clients see: REST, console, the doors through which events come by HTTP."""
