package result

import "rtbench/scenarios/cell"

// A Config is the full configuration of a cell, defaults included.
type Config = cell.Config

// A Stage changes the rate linearly to To (messages/s).
type Stage = cell.Stage

// CustomAPI is the Config.API of cells whose messages the scenario defines.
const CustomAPI = "custom"

// Values of Config.Times besides response and delivery times.
const (
	TimesGap    = cell.TimesGap    // between two messages on a stream
	TimesOneWay = cell.TimesOneWay // received − the server's stamp in the message
)

// ServerPaced is the Model of cells in which the server decides when to send.
const ServerPaced = "server"
