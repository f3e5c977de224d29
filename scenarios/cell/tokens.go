package cell

import (
	"time"

	"rtbench/proto"
	"rtbench/scenarios/spec"
)

// Tokens is the plan of the reference server's answer to a request. The zero value is none.
type Tokens struct {
	Count   int           `json:"count,omitempty"`
	First   time.Duration `json:"first_ns,omitempty"` // from the arrival of the request to the first token
	Every   time.Duration `json:"every_ns,omitempty"` // between two tokens
	Request int           `json:"request_bytes,omitempty"`
}

// Length returns the planned time from the arrival of a request to the end of its answer.
func (a Tokens) Length() time.Duration {
	return a.First + time.Duration(max(0, a.Count-1))*a.Every
}

func (c *Config) tokensKey() spec.Key {
	a := &c.Tokens
	return spec.Key{
		Name: "tokens", Also: "token token_plan", Example: "# {count: 200, first: 300ms, every: 20ms}",
		Conflicts: []spec.Conflict{
			c.withAPI(Custom, " with api: custom; expected none, because the server plans its answers"),
			spec.When(func() bool { return c.Pattern != string(proto.Generate) }, " without pattern generate; expected `pattern: generate`"),
		},
		Value: spec.Section(
			spec.Key{Name: "count", Also: "tokens length max_tokens", Value: spec.One(&a.Count, spec.Integer(1, proto.MaxTokens)), Default: "100", Doc: "Tokens of an answer: a message of payload.size each. Default 100."},
			spec.Key{Name: "first", Also: "ttft delay", Value: spec.One(&a.First, spec.Duration(0)), Default: "100ms", Doc: "Time from the arrival of the request to the first token. Default 100ms."},
			spec.Key{Name: "every", Also: "itl interval period", Value: spec.One(&a.Every, spec.Duration(time.Duration(proto.MinEvery))), Default: "10ms", Doc: "Time between two tokens. Default 10ms."},
			spec.Key{Name: "request", Also: "prompt request_size prompt_size", Value: spec.One(&a.Request, spec.Bytes(1, proto.MaxSize, "1MiB")), Default: "1KiB", Doc: "Bytes of a request. Default 1KiB."},
		),
		Doc: "Pattern generate: the answers that the reference server plans.",
	}
}
