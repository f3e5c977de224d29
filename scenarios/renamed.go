package scenarios

import (
	"gopkg.in/yaml.v3"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// renamedAPIs maps the values of the former key contract to those of api.
var renamedAPIs = map[string]string{"own": cell.Custom, "bench": cell.Reference, "guide": cell.Guide}

// renamed reports former names of keys and values, and replaces them so that the rest of the
// file is checked as meant.
func renamed(r *spec.Reader) {
	for i, p := range spec.Pairs(r.Root) {
		was := p.Value.Value
		now, known := renamedAPIs[was]
		switch {
		case p.Key.Value == "contract":
			expected := "api: " + now
			if !known {
				expected = "api: reference|guide|custom"
			}
			r.Problem(p.Key, "", "contract has been renamed; expected `%s`", expected)
			if spec.Child(r.Root, "api") != nil || !known {
				r.Root.Content = append(r.Root.Content[:2*i:2*i], r.Root.Content[2*i+2:]...)
				return
			}
			p.Key.Value, p.Value.Value = "api", now
		case p.Key.Value == "api" && known && now != was:
			r.Problem(p.Value, "api", ": %s has been renamed; expected `api: %s`", was, now)
			p.Value.Value = now
		}
	}
	renamedConditions(r, "thresholds", spec.Child(r.Root, "thresholds"))
	for _, p := range spec.Pairs(spec.Child(r.Root, "profiles")) {
		renamedConditions(r, "profiles."+spec.Shorten(p.Key.Value)+".thresholds", spec.Child(p.Value, "thresholds"))
	}
}

func renamedConditions(r *spec.Reader, path string, thresholds *yaml.Node) {
	if thresholds == nil {
		return
	}
	for _, item := range append([]*yaml.Node{thresholds}, thresholds.Content...) {
		for _, p := range spec.Pairs(item) {
			if p.Key.Value == "that" && spec.Child(item, "condition") == nil {
				r.Problem(p.Key, path, ": key \"that\" has been renamed; expected `condition: %s`", spec.Shorten(spec.HideUsers(r.Text(p.Value))))
				p.Key.Value = "condition"
			}
		}
	}
}

// apiOf returns the API of a scenario: the value of key api, else the one that other keys imply.
// Only a custom target has messages, a URL with a path, or keys; only the guide has path.
func (s *Scenario) apiOf(root *yaml.Node) string {
	if api := spec.Child(root, "api"); api != nil && api.Kind == yaml.ScalarNode {
		return api.Value
	}
	target := spec.Child(root, "target")
	if target != nil && (target.Kind == yaml.MappingNode || onlyCustom(target.Value)) {
		return cell.Custom
	}
	for _, f := range s.Custom.keys(s) {
		if spec.Child(root, f.Name) != nil {
			return cell.Custom
		}
	}
	if spec.Child(root, "path") != nil {
		return cell.Guide
	}
	return cell.Reference
}
