package profile

import (
	"math"
	"slices"

	pprof "github.com/google/pprof/profile"
)

// A stack is the cost of a call stack in one profile.
type stack struct {
	functions []int // numbers of names, the outermost first
	cost      float64
	// square is the sum of the squares of its samples' costs, which is the variance of cost if the number of
	// samples has a Poisson distribution.
	square float64
}

// A side is a profile whose costs are compared.
type side struct {
	stacks   []stack
	messages float64 // by which costs are divided
}

// names numbers the names of functions.
type names struct {
	numbers map[string]int
	list    []string
}

func (n *names) number(name string) int {
	i, known := n.numbers[name]
	if !known {
		i = len(n.list)
		n.numbers[name], n.list = i, append(n.list, name)
	}
	return i
}

// sideOf returns the costs of one kind in a profile.
func (n *names) sideOf(p *pprof.Profile, kind Kind, messages float64) side {
	out := side{messages: messages}
	t := valueTypes[kind]
	value, count := index(p, t.value, t.unit), index(p, t.count, "count")
	for _, s := range p.Sample {
		cost := float64(s.Value[value])
		if cost <= 0 {
			continue
		}
		counted := 0.0
		if count >= 0 {
			counted = float64(s.Value[count])
		}
		one := stack{cost: cost, square: cost * cost / max(1, sampled(p, kind, cost, counted))}
		for _, name := range functionsOf(s) {
			one.functions = append(one.functions, n.number(name))
		}
		out.stacks = append(out.stacks, one)
	}
	return out
}

// sampled returns the number of samples behind a cost. A CPU profile counts them. A heap profile samples an
// object of size s with the probability 1 - exp(-s/period), and its counts are scaled up to all objects.
func sampled(p *pprof.Profile, kind Kind, cost, counted float64) float64 {
	switch {
	case kind == CPU && counted > 0:
		return counted
	case p.Period <= 0:
		return 1
	case kind == CPU:
		return cost / float64(p.Period)
	case counted <= 0:
		return 1
	}
	return counted * -math.Expm1(-cost/counted/float64(p.Period))
}

// A tally is a sum of costs per message, and the sum of their squares.
type tally struct{ cost, square float64 }

func (t *tally) add(s stack, messages float64) {
	t.cost += s.cost / messages
	t.square += s.square
}

func (t tally) without(part tally) tally { return tally{t.cost - part.cost, t.square - part.square} }

// perMessage returns the cost of each function, its callees included.
func (s side) perMessage(functions int) []tally {
	all := make([]tally, functions)
	for _, one := range s.stacks {
		for _, f := range one.functions {
			all[f].add(one, s.messages)
		}
	}
	return all
}

// total returns the cost of all functions.
func (s side) total() (all tally) {
	for _, one := range s.stacks {
		all.add(one, s.messages)
	}
	return all
}

// scaleTo scales all costs, so that their sum is that total.
func (s side) scaleTo(total float64) {
	sum := 0.0
	for _, one := range s.stacks {
		sum += one.cost
	}
	for i := range s.stacks {
		s.stacks[i].cost *= total / sum
		s.stacks[i].square *= total / sum * total / sum
	}
}

// without returns the side without the stacks that contain a function.
func (s side) without(f int) side {
	out := side{messages: s.messages}
	for _, one := range s.stacks {
		if !slices.Contains(one.functions, f) {
			out.stacks = append(out.stacks, one)
		}
	}
	return out
}
