"""What reports are made from: previews and states of Pulumi, the graph of their resources, and jobs read from ESA."""
