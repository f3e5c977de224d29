//go:build race

package framing_test

// raced says that the race detector runs: then a sync.Pool lets some of what it is given go.
const raced = true
