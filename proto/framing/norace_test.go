//go:build !race

package framing_test

// raced reports whether the race detector runs. A sync.Pool then drops some of its items.
const raced = false
