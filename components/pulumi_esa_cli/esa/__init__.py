"""The commands of this project itself: reports about prefetch plans, and the local ESA."""
