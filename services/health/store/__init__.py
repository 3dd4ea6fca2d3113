"""All of health's SQL: scores, the record of their past, the grid, events to explain and to fold again."""
