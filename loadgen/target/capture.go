package target

import (
	"slices"
	"strings"

	"rtbench/loadgen/script"
	"rtbench/scenarios"
)

// captures compiles the captures of a step. A value is a secret if its name says so or a step
// authenticates with it.
func (b *scriptBuilder) captures(step scenarios.Step) (all []script.Capture, err error) {
	authenticates := func(name string) bool {
		return slices.ContainsFunc(b.scenario.Custom.Opening, func(s scenarios.Step) bool {
			return s.Do == "authenticate" && strings.Contains(s.Text, "."+name)
		})
	}
	for _, c := range step.Captures {
		one := script.Capture{
			Index: slices.Index(b.captured, c.Name), Path: c.Path, Header: c.Header,
			Secret: scenarios.Secretive(c.Name) || scenarios.Secretive(c.Header) || authenticates(c.Name),
		}
		if c.Header != "" {
			b.server.Endpoint.Keep = append(b.server.Endpoint.Keep, c.Header)
			all = append(all, one)
			continue
		}
		if one.Field, err = b.presentField(c.Path, "steps"); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
