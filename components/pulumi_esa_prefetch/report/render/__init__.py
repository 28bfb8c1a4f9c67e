"""What reports look like: Markdown with a Mermaid chart, one line of text, and a plot."""
