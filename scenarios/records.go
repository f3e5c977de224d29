package scenarios

import (
	"strings"

	"rtbench/scenarios/spec"
)

// records reads how frames are split into records, or the text at the end of each.
func (t *Target) records() spec.Value {
	return spec.Either("", spec.One(&t.Records, spec.OneOf("auto", "whole").Expecting("auto, whole or {end: TEXT}")), spec.Section(
		spec.Key{Name: "end", Also: "separator terminator suffix", Value: spec.One(&t.RecordEnd, recordEnd), Required: `a text, such as {end: "\u001e"}`, Doc: "Text after each record."},
	))
}

// checkTexts reports keys for messages of text over gRPC, which has fields.
func (s *Scenario) checkTexts(r *spec.Reader) {
	if s.Custom.Endpoints["grpc"] == nil {
		return
	}
	if s.Custom.RecordEnd != "" {
		r.At("records.end", " over grpc; expected none, because gRPC delimits messages")
	}
	if s.Custom.Match.After != "" {
		r.At("match.after", " over grpc; expected {field: PATH}")
	}
}

// Ended returns the text of a message with the end of its record, unless it is white space.
func (t *Target) Ended(text string) string {
	if strings.TrimSpace(text) == "" {
		return text
	}
	return text + t.RecordEnd
}

var recordEnd = func() spec.Kind[string] {
	k := spec.Text.Expecting(`1 to 16 bytes without {{, such as "\u001e"`)
	k.Parse = func(s string) (string, bool) { return s, s != "" && len(s) <= 16 && !strings.Contains(s, "{{") }
	return k
}()
