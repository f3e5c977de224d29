package profile

import (
	"cmp"
	"math"
	"slices"
)

// Thresholds for naming a function.
const (
	// level bounds the probability that any function is named although none changed.
	level = 0.05
	// least is the smallest change that is named, as a share of the larger total.
	least = 0.01
	// mostOf is the share of a change that a callee must have to be named instead of its caller, halfOf the share if the
	// rest is noise.
	mostOf, halfOf = 0.75, 0.5
	// fewSamples of a function, in both profiles together, are too few to show a change, so it is none of the functions
	// that are tested.
	fewSamples = 8
	// mostChanges is the number of functions that are named.
	mostChanges = 5
)

// A Change is a function whose cost changed, with its callees. Costs are per message, except of memory in use.
type Change struct {
	Function string `json:"function"`
	// Caller is the function outside of Go's standard library that calls it, if Function is in the library.
	Caller string  `json:"caller,omitempty"`
	Base   float64 `json:"base"`
	Head   float64 `json:"head"`
}

// Delta returns how much the cost grew.
func (c Change) Delta() float64 { return c.Head - c.Base }

// A pair holds the costs of base and head.
type pair struct {
	base, head side
	// noise is the relative standard deviation of a side's costs because of the machine.
	noise float64
	names []string
	z     float64 // of a significant change
	least float64 // per message
}

func newPair(base, head side, noise float64, names []string) pair {
	p := pair{base, head, noise, names, 0, least * max(base.total().cost, head.total().cost)}
	tests := 1
	for _, c := range p.costs() {
		if sum := c.base.cost*base.messages + c.head.cost*head.messages; sum*sum > fewSamples*(c.base.square+c.head.square) {
			tests++
		}
	}
	p.z = math.Sqrt2 * math.Erfinv(1-level/float64(tests))
	return p
}

// both is the cost of a function on both sides, its callees included.
type both struct{ base, head tally }

func (b both) delta() float64 { return b.head.cost - b.base.cost }

// deviation returns the standard deviation of the difference of two costs that are truly equal.
func (p pair) deviation(c both) float64 {
	b, h := p.base.messages, p.head.messages
	pooled := (c.base.square + c.head.square) / (b + h) * (1/b + 1/h) // both sides estimate the same rate
	each := c.base.square/(b*b) + c.head.square/(h*h)                 // few samples of a short profile are worth less
	return math.Sqrt(max(0, pooled, each) + p.noise*p.noise*(c.base.cost*c.base.cost+c.head.cost*c.head.cost))
}

// significant reports whether a cost changed by more than noise.
func (p pair) significant(c both) bool { return math.Abs(c.delta()) > max(p.least, p.z*p.deviation(c)) }

// costs returns the costs of all functions.
func (p pair) costs() []both {
	all := make([]both, len(p.names))
	for f, cost := range p.base.perMessage(len(p.names)) {
		all[f].base = cost
	}
	for f, cost := range p.head.perMessage(len(p.names)) {
		all[f].head = cost
	}
	return all
}

// changes returns the functions that explain the difference, the largest first. No cost counts for two of them:
// the stacks of a function that is named are left out of those that follow.
func (p pair) changes() (out []Change) {
	for len(out) < mostChanges {
		all := p.costs()
		top := p.largest(all)
		if top < 0 {
			break
		}
		f, caller := p.place(top)
		if !p.significant(all[f]) || all[f].delta()*all[top].delta() < 0 { // it also changed elsewhere, in the other direction
			f, caller = top, -1
		}
		c := Change{Function: p.names[f], Base: all[f].base.cost, Head: all[f].head.cost}
		if caller >= 0 {
			c.Caller = p.names[caller]
		}
		out = append(out, c)
		p.base, p.head = p.base.without(f), p.head.without(f)
	}
	slices.SortStableFunc(out, func(a, b Change) int { return cmp.Compare(math.Abs(b.Delta()), math.Abs(a.Delta())) })
	return out
}

// largest returns the function with the largest significant change; -1 if there is none.
func (p pair) largest(all []both) int {
	top := -1
	for f, c := range all {
		if p.significant(c) && (top < 0 || math.Abs(c.delta()) > math.Abs(all[top].delta())) {
			top = f
		}
	}
	return top
}

// place returns the function in which the change of top takes place: the innermost one that explains it. If that
// is in Go's standard library, it is the library's function that code outside of it calls, and that caller; -1 if
// there is none.
func (p pair) place(top int) (f, caller int) {
	chain := p.chain(top)
	last := len(chain) - 1
	if !standard(p.names[chain[last]]) {
		return chain[last], -1
	}
	for i := last; i >= 0; i-- {
		if !standard(p.names[chain[i]]) {
			return chain[i+1], chain[i]
		}
	}
	for last > 0 && packageOf(p.names[chain[last-1]]) == packageOf(p.names[chain[last]]) {
		last--
	}
	return chain[last], -1
}

// chain returns top and the functions below it that explain its change, the outermost first.
func (p pair) chain(top int) []int {
	all, depth := p.below(top)
	var chain []int
	for f := range p.names {
		if f == top || p.explains(all[f], all[top]) {
			chain = append(chain, f)
		}
	}
	slices.SortStableFunc(chain, func(a, b int) int { return cmp.Compare(depth[a], depth[b]) })
	return chain
}

// explains reports whether the change of a callee explains that of its caller: it is most of it, or half of it and the
// rest is noise.
func (p pair) explains(callee, caller both) bool {
	share := callee.delta() / caller.delta()
	rest := both{caller.base.without(callee.base), caller.head.without(callee.head)}
	return share >= mostOf || share >= halfOf && !p.significant(rest)
}

// below returns the costs of functions that top calls, and how far below top they are, on average.
func (p pair) below(top int) (all []both, depth []float64) {
	all, depth = make([]both, len(p.names)), make([]float64, len(p.names))
	add := func(s side, cost func(*both) *tally) {
		for _, one := range s.stacks {
			at := slices.Index(one.functions, top)
			for i := max(0, at); at >= 0 && i < len(one.functions); i++ {
				f := one.functions[i]
				cost(&all[f]).add(one, s.messages)
				depth[f] += float64(i-at) * one.cost / s.messages
			}
		}
	}
	add(p.base, func(b *both) *tally { return &b.base })
	add(p.head, func(b *both) *tally { return &b.head })
	for f, cost := range all {
		if sum := cost.base.cost + cost.head.cost; sum > 0 {
			depth[f] /= sum
		}
	}
	return all, depth
}
