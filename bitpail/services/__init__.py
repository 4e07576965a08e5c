"""What a user wants done, one public verb each. Whoever holds an Access was allowed by somebody."""
