package collectortest

var connectorScenarios []scenario
