package sidecar

import "github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"

func header(f *kpi.Family) string {
	return "# HELP " + f.Name + " " + f.Help + "\n# TYPE " + f.Name + " " + f.Type.String() + "\n" + f.Name
}

var (
	writeSuccessful  = header(kpi.SidecarWriteSuccessful)
	writeTimestamp   = header(kpi.SidecarWriteTimestamp)
	reloadSuccessful = header(kpi.SidecarReloadSuccessful)
	reloadTimestamp  = header(kpi.SidecarReloadTimestamp)
	reloads          = header(kpi.SidecarReloads)
	reloadsFailed    = header(kpi.SidecarReloadsFailed)
)
