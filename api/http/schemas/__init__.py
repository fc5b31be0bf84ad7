"""What comes in and goes out as JSON, one module per noun."""
