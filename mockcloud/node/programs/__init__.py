"""Programs in pods: a fresh interpreter each (-I -S), so they import little, all of it standard."""
