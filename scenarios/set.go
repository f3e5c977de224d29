package scenarios

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
)

// set merges the keys of --set over a scenario, in order.
func (b *builder) set(root *yaml.Node) *yaml.Node {
	for _, flag := range b.options.Set {
		if over := b.override(flag); over != nil {
			root = b.r.Merge(root, over)
		}
	}
	return root
}

// override turns KEY=VALUE into a mapping; nil after a problem.
func (b *builder) override(flag string) *yaml.Node {
	source := b.r.AddSet(setName(flag))
	defer b.r.WithSource(source)()
	key, text, found := strings.Cut(flag, "=")
	path := strings.TrimSpace(key)
	parts := strings.Split(path, ".")
	switch known := schema(); {
	case !found:
		b.r.Fail("expected KEY=VALUE such as load.rate=50k/s%s", spec.NearestPath(known, key))
		return nil
	case parts[0] == "include" || parts[0] == "profiles":
		b.r.Fail("%s belongs in a file; expected a key of the scenario, such as load.rate", parts[0])
		return nil
	case !b.r.IsText([]byte(text)):
		return nil
	case parts[0] != "groups" && !slices.Contains(spec.Paths(known), strings.Join(parts[:min(2, len(parts))], ".")): // deeper keys are read with their section
		b.r.Fail("unknown key %s; expected a key such as load.rate or repetitions%s", spec.Quote(path), spec.NearestPath(known, path))
		return nil
	}
	n := b.r.Parse(source, text, &b.variables)
	if n == nil {
		b.r.Fail("%s: invalid YAML value; expected one such as `load.rate=50k/s` or `load.connections=[10, 100]`", path)
		return nil
	}
	n = spec.Under(path, n)
	b.r.Adopt(n, source)
	refuseSecrets(b.r, n)
	return n
}

// setName returns a flag for messages, without values that may be secret.
func setName(flag string) string {
	if key, _, found := strings.Cut(flag, "="); found && mayHide(key) {
		flag = key + "=…"
	}
	return "--set " + spec.Shorten(spec.HideUsers(flag))
}

// mayHide reports whether a key may hold a secret.
func mayHide(path string) bool {
	parts := strings.Split(strings.TrimSpace(path), ".")
	section := parts[0]
	if section == "groups" && len(parts) > 2 {
		section = parts[2]
	}
	k, _ := spec.Find(schema(), section)
	return k.Secret
}

// Keys returns the keys that --set accepts, such as load.rate.
func Keys() []string {
	keys := schema()
	return slices.DeleteFunc(spec.Paths(keys), func(path string) bool {
		k, _ := spec.Find(keys, path)
		return path == "include" || path == "profiles" || len(k.Value.Keys) > 0 && len(k.Value.Scalar) == 0 && !k.Value.Many && !k.Value.OnlyList
	})
}
