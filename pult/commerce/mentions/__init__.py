"""What a message names (orders, parcels, other shops) and asks of a product. Rules are data, each with its why."""
