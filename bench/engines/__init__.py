"""The engines that are measured, each built and asked as its user would. One module an engine; `base` is what they share."""
