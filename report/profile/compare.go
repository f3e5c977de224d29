package profile

import (
	"errors"
	"math"

	pprof "github.com/google/pprof/profile"

	"rtbench/report/result"
)

// A Difference is how the profiles of a cell's servers differ in one kind of cost.
type Difference struct {
	Cell string `json:"cell"`
	Kind Kind   `json:"kind"`
	Unit string `json:"unit"` // ns or B: per message, except of memory in use
	// Base and Head are the costs of all functions. Noise is how far apart they may be, with 95 % confidence, if
	// they are truly equal.
	Base  result.Number `json:"base"`
	Head  result.Number `json:"head"`
	Noise result.Number `json:"noise"`
	// Changes are the functions that explain the difference, the largest first.
	Changes []Change `json:"changes,omitempty"`
	// Machine is the standard deviation of the machine's noise, as a share of the cost. Assumed reports that it is
	// not known from repetitions.
	Machine float64 `json:"machine_noise,omitempty"`
	Assumed bool    `json:"machine_noise_assumed,omitempty"`
	// Files are the profiles of base and head.
	Files [2]string `json:"files,omitzero"`
	// Missing is the reason why nothing is known; empty if the profiles could be compared.
	Missing string `json:"missing,omitempty"`
}

// Changed reports whether the costs differ by more than noise.
func (d Difference) Changed() bool {
	return math.Abs(float64(d.Head-d.Base)) > float64(d.Noise)
}

// Compare returns the differences between the profiles of a cell, whose data must be loaded. It is empty if neither side was
// profiled.
func Compare(base, head *result.Cell) []Difference {
	b, h := base.Profile, head.Profile
	switch {
	case b == nil && h == nil:
		return nil
	case b == nil:
		return []Difference{{Cell: base.ID, Kind: CPU, Missing: "base has no profiles"}}
	case h == nil:
		return []Difference{{Cell: base.ID, Kind: CPU, Missing: "head has no profiles"}}
	}
	noise, known := machineNoise(base, head)
	cpu := compareFiles(base.ID, CPU, b.CPU, h.CPU, noise/math.Sqrt(float64(max(1, min(b.Repetitions, h.Repetitions)))))
	cpu.Machine, cpu.Assumed = noise, !known
	out := []Difference{cpu}
	for _, kind := range []Kind{Allocated, InUse} {
		if d := compareFiles(base.ID, kind, b.Heap, h.Heap, 0); kind == Allocated || d.Missing == "" { // the reason is stated once
			out = append(out, d)
		}
	}
	if out[0].Missing != "" && out[0].Missing == out[1].Missing {
		return out[:1]
	}
	return out
}

// compareFiles compares one kind of cost in two profiles.
func compareFiles(cell string, kind Kind, base, head result.ProfileFile, noise float64) Difference {
	d := Difference{Cell: cell, Kind: kind, Unit: "B", Files: [2]string{base.File, head.File}}
	if kind == CPU {
		d.Unit = "ns"
	}
	var n names
	n.numbers = map[string]int{}
	b, err := n.read(kind, base)
	if err != nil {
		d.Missing = "base: " + err.Error()
		return d
	}
	h, err := n.read(kind, head)
	if err != nil {
		d.Missing = "head: " + err.Error()
		return d
	}
	if kind == CPU && base.Used > 0 && head.Used > 0 {
		b.scaleTo(float64(base.Used))
		h.scaleTo(float64(head.Used))
	}
	p := newPair(b, h, noise, n.list)
	inBase, inHead := b.total(), h.total()
	d.Base, d.Head = result.Number(inBase.cost), result.Number(inHead.cost)
	d.Noise = result.Number(1.96 * p.deviation(both{inBase, inHead}))
	d.Changes = p.changes()
	return d
}

// read returns the costs in a file. Memory in use is not divided by messages.
func (n *names) read(kind Kind, f result.ProfileFile) (side, error) {
	read := ReadHeap
	if kind == CPU {
		read = ReadCPU
	}
	var p *pprof.Profile
	var err error
	switch {
	case f.Missing != "":
		return side{}, errors.New(f.Missing)
	case len(f.Data) == 0:
		return side{}, errors.New("no profile of this kind")
	}
	if p, err = read(f.Data); err != nil {
		return side{}, err
	}
	messages := f.Messages
	if kind == InUse {
		messages = 1
	}
	if !(messages > 0) {
		return side{}, errors.New("no messages in the profiled time")
	}
	return n.sideOf(p, kind, messages), nil
}

// assumedNoise is the relative noise of CPU per message if no repetitions show it.
const assumedNoise = 0.05

// machineNoise returns the relative standard deviation of the server's CPU time per message between repetitions of
// the same side. It is not known with fewer than four degrees of freedom.
func machineNoise(base, head *result.Cell) (sd float64, known bool) {
	sum, freedom := 0.0, 0
	for _, c := range []*result.Cell{base, head} {
		var logs []float64
		mean := 0.0
		for _, r := range c.Usable() {
			if v := r.CPUPerMessage(r.Server); v > 0 { // it may be NaN, or 0 if all of it was spinning
				logs, mean = append(logs, math.Log(v)), mean+math.Log(v)
			}
		}
		mean /= float64(len(logs))
		for _, v := range logs {
			sum += (v - mean) * (v - mean)
		}
		freedom += max(0, len(logs)-1)
	}
	if freedom < 4 {
		return assumedNoise, false
	}
	return math.Sqrt(sum / float64(freedom)), true
}
