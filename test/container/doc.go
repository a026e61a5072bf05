// Package container proves that the program is what its image promises: it runs
// alone in an empty, read-only root file system, as a user without rights, and
// writes to its state only. Nothing of Docker is needed.
package container
