package cell

import "rtbench/scenarios/spec"

// Conflicts of keys with the API, the pattern or the load model.

func (c *Config) withAPI(api, why string) spec.Conflict {
	return spec.When(func() bool { return c.API == api }, why)
}

func (c *Config) withModel(model, why string) spec.Conflict {
	return spec.When(func() bool { return c.Model == model }, why)
}

// withGuidePush is for keys that the server of the guide decides.
func (c *Config) withGuidePush() spec.Conflict {
	return spec.When(func() bool { return c.API == Guide && c.Pattern == "push" }, " with pattern push and api: guide; expected none, because the server decides")
}

func (c *Config) withPace() spec.Conflict {
	return c.withModel(ServerPaced, " with pattern push and api: custom; expected none, because the server sets the pace; did you mean `pattern: echo`?")
}

func (c *Config) withClosed() spec.Conflict {
	return c.withModel(Closed, " in a closed loop; expected `model: open` with it")
}
