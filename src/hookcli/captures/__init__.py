"""Events kept on the developer's machine, with every attempt made to deliver them."""
