"""What containers are started with: images, volumes, variables, mounts. The shell around `pods`."""
