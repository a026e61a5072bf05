package dashboards

import (
	"fmt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// team shows agents, where the configuration does.
func team() board {
	return board{
		name: "team", from: "now-7d", refresh: "5m", variables: []variable{oneSource()},
		rows: []row{
			{"period", []panel{agents()}},
			{"trends", []panel{agentReplies(), agentCloses(), agentOpen()}},
		},
	}
}

// agents is a row an agent.
func agents() panel {
	by := "source, agent"
	seconds := kpi.AgentHandleSeconds.Name
	return panel{
		id: 1, name: "agents", kind: grid, w: width, h: 12, unit: "none", noValue: "no_agents",
		queries: []query{
			{column: "replies", expr: rose(kpi.AgentReplies.Name, by, ofSource)},
			{column: "closes", expr: rose(kpi.AgentClosed.Name, by, ofSource)},
			{column: "handle", unit: "s", expr: rose(seconds+"_sum", by, ofSource) + "\n/\n  (" + rose(seconds+"_count", by, ofSource) + " > 0)"},
			{column: "open_now", expr: fmt.Sprintf("max by (%s) (%s)", by, of(kpi.AgentOpen.Name, ofSource))},
		},
	}
}

func byAgent(id uint32, name, expr string) panel {
	return panel{
		id: id, name: name, kind: curve, w: 8, h: 8, unit: "none", decimals: 1, lowest: ptr(0), noValue: "no_agents", stacked: true,
		queries: []query{{expr: expr, legend: "{{agent}}"}},
	}
}

func agentReplies() panel { return byAgent(2, "replies", counted(kpi.AgentReplies, "agent")) }

func agentCloses() panel { return byAgent(3, "closes", counted(kpi.AgentClosed, "agent")) }

func agentOpen() panel {
	return byAgent(4, "open", fmt.Sprintf("max by (source, agent) (%s)", of(kpi.AgentOpen.Name, ofSource)))
}
