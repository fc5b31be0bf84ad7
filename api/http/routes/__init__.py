"""Routes, one module per noun: typed in, one service, typed out."""
