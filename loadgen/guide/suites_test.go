package guide

import (
	"slices"
	"testing"

	"rtbench/proto"
)

// By default a suite measures gRPC in two topologies and one stock stack per protocol; the whole grid has
// all stacks, and no cell twice.
func TestSuites(t *testing.T) {
	for _, s := range suites {
		for _, whole := range []bool{false, true} {
			list, err := s.open(whole)
			if err != nil {
				t.Fatal(err)
			}
			var stacks, topologies, ids []string
			for _, sc := range list {
				for _, c := range sc.Cells() {
					stacks, topologies = append(stacks, c.Stack), append(topologies, c.Topology)
					ids = append(ids, sc.Name+"/"+c.ID())
				}
			}
			if whole {
				for _, name := range proto.StackNames() {
					if !slices.Contains(stacks, name) {
						t.Errorf("%s, whole: no stack %s", s.name, name)
					}
				}
			} else if slices.Contains(stacks, proto.Lean) || !slices.Contains(stacks, proto.Gorilla) || !slices.Contains(stacks, proto.Stock) {
				t.Errorf("%s: stacks %q", s.name, stacks)
			}
			if !slices.Contains(topologies, "each") || !slices.Contains(topologies, "one") {
				t.Errorf("%s, whole %v: topologies %q", s.name, whole, topologies)
			}
			slices.Sort(ids)
			if n := len(ids); n != len(slices.Compact(ids)) {
				t.Errorf("%s, whole %v: a cell is there twice", s.name, whole)
			}
		}
	}
}
