//go:build race

package testrun

// Raced reports whether the race detector runs. A sync.Pool then drops some of its items, and other code allocates too.
const Raced = true
