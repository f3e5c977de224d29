package report

// Grouped holds values by key, in the order in which the keys were added first. The zero value is
// empty.
type Grouped[K comparable, V any] struct {
	Keys []K
	Of   map[K][]V
}

// Add adds a value.
func (g *Grouped[K, V]) Add(key K, v V) {
	if g.Of == nil {
		g.Of = map[K][]V{}
	}
	if _, known := g.Of[key]; !known {
		g.Keys = append(g.Keys, key)
	}
	g.Of[key] = append(g.Of[key], v)
}
