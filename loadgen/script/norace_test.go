//go:build !race

package script

// raced reports whether the race detector runs. A sync.Pool, as that of package regexp, then drops some of its items.
const raced = false
