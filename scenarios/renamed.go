package scenarios

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// renamedAPIs maps the values of the former key contract to those of api.
var renamedAPIs = map[string]string{"own": custom, "bench": reference, "guide": guide}

// renamed reports former names of keys and values, and replaces them so that the rest of the
// file is checked as meant.
func (r *reader) renamed(root *yaml.Node) {
	for i, p := range pairsOf(root) {
		was := p.value.Value
		now, known := renamedAPIs[was]
		switch {
		case p.key.Value == "contract":
			expected := "api: " + now
			if !known {
				expected = "api: " + strings.Join([]string{reference, guide, custom}, "|")
			}
			r.problem(p.key, "contract has been renamed; expected `%s`", expected)
			if child(root, "api") != nil || !known {
				root.Content = append(root.Content[:2*i:2*i], root.Content[2*i+2:]...)
				return
			}
			p.key.Value, p.value.Value = "api", now
		case p.key.Value == "api" && known && now != was:
			r.problem(p.value, "api: %s has been renamed; expected `api: %s`", was, now)
			p.value.Value = now
		}
	}
	r.renamedConditions("thresholds", child(root, "thresholds"))
	for _, p := range pairsOf(child(root, "profiles")) {
		r.renamedConditions("profiles."+shorten(p.key.Value)+".thresholds", child(p.value, "thresholds"))
	}
}

func (r *reader) renamedConditions(path string, thresholds *yaml.Node) {
	if thresholds == nil {
		return
	}
	for _, item := range append([]*yaml.Node{thresholds}, thresholds.Content...) {
		for _, p := range pairsOf(item) {
			if p.key.Value == "that" && child(item, "condition") == nil {
				r.problem(p.key, "%s: key \"that\" has been renamed; expected `condition: %s`", path, oneLine(shorten(HideUsers(r.text(p.value)))))
				p.key.Value = "condition"
			}
		}
	}
}

// apiOf returns the API of a scenario: the value of key api, else the one that other keys imply.
// Only a custom target has messages, a URL with a path, or keys; only the guide has path.
func (s *Scenario) apiOf(root *yaml.Node) string {
	if api := child(root, "api"); api != nil && api.Kind == yaml.ScalarNode {
		return api.Value
	}
	target := child(root, "target")
	if target != nil && (target.Kind == yaml.MappingNode || onlyCustom(target.Value)) {
		return custom
	}
	for _, f := range s.Custom.keys() {
		if child(root, f.name) != nil {
			return custom
		}
	}
	if child(root, "path") != nil {
		return guide
	}
	return reference
}
