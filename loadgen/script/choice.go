package script

import "math/bits"

// A Choice selects one of several messages by weight: for a seed, the same one for each message
// number, on whichever generator and in every run.
type Choice struct {
	until []uint64 // cumulative weights
	seed  uint64
}

// NewChoice returns a choice by weights, which must be positive; nil without weights.
func NewChoice(seed uint64, weights []int) *Choice {
	if len(weights) == 0 {
		return nil
	}
	c := &Choice{seed: mix(seed)}
	sum := uint64(0)
	for _, w := range weights {
		sum += uint64(w)
		c.until = append(c.until, sum)
	}
	return c
}

// At returns the index of the message numbered n.
func (c *Choice) At(n uint64) int {
	drawn, _ := bits.Mul64(mix(n+c.seed), c.until[len(c.until)-1])
	i := 0
	for drawn >= c.until[i] {
		i++
	}
	return i
}

// mix is the output function of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
// Generators, 2014) for the nth number, from 0.
func mix(n uint64) uint64 {
	z := (n + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// MessageAt returns the index of the message that stream, of so many, sends with a sequence number.
func (s *Script) MessageAt(stream uint32, of int, seq uint64) int {
	if s.Choice != nil {
		return s.Choice.At(seq*uint64(max(1, of)) + uint64(stream))
	}
	return int(seq % uint64(len(s.Messages)))
}
