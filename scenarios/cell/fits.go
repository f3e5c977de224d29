package cell

// The functions of this file are those of spec.Key.Fits: why a key does not fit the API, the pattern
// or the load model.

func (c *Config) isCustom() bool { return c.API == Custom }

func (c *Config) fitsPath() string {
	switch {
	case c.API == Custom:
		return " with api: custom; expected it in the URL, such as wss://host/path"
	case c.API == Reference:
		return " with api: reference; expected `api: guide` with it"
	case c.Pattern != "push":
		return " without pattern push; expected no path"
	}
	return ""
}

// fitsGuidePush is for keys that the server of the guide decides.
func (c *Config) fitsGuidePush() string {
	if c.API == Guide && c.Pattern == "push" {
		return " with pattern push and api: guide; expected none, because the server decides"
	}
	return ""
}

func (c *Config) fitsPace() string {
	if c.Model == ServerPaced {
		return " with pattern push and api: custom; expected none, because the server sets the pace; did you mean `pattern: echo`?"
	}
	return ""
}

func (c *Config) fitsRate() string {
	if c.Model == Closed {
		return " in a closed loop; expected `model: open` with it"
	}
	return c.fitsPace()
}

func (c *Config) fitsOpen() string {
	if why := c.fitsRate(); why != "" {
		return why
	}
	return c.fitsGuidePush()
}

func (c *Config) fitsClosed() string {
	if c.Model == Open {
		return " in an open loop; expected `model: closed` with it"
	}
	return c.fitsPace()
}
