"""What a person does with plans by hand: which plans are meant, what is done to them, and what declares them."""
