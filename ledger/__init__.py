"""What the service and the wallet share: the rules (pure) and the chain client."""
