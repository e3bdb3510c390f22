using System.Diagnostics;
using System.Globalization;
using MeshActors.Contracts.History;
using MeshActors.Contracts.Mapping;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.Benchmarks;

/// <summary>Makes an organization's journal of any length by the real rules, as an export.</summary>
internal static class JournalGenerator
{
    private const int Seed = 20_261_122;
    private const int PageRows = 1_000;

    public static async Task RunAsync(int nodes, long events, string path)
    {
        var clock = Stopwatch.StartNew();
        await using var file = File.Create(path);
        var writer = new ExportWriter(file, Workload.Organization.Value);
        foreach (var page in Rows(Seed, nodes, events).Chunk(PageRows))
        {
            if (await writer.AddAsync(page, default) is { } fault)
            {
                throw new InvalidOperationException(fault.Message);
            }
        }

        await writer.EndAsync(default);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{path}: {writer.Events:N0} events of {nodes:N0} nodes in {clock.Elapsed.TotalSeconds:0.0} s, {file.Length / 1e6:N0} MB"));
    }

    public static IEnumerable<JournalRow> Rows(int seed, int nodes, long events) => Rows(seed, nodes, events, Workload.Organization);

    public static IEnumerable<JournalRow> Rows(int seed, int nodes, long events, OrganizationId organization)
    {
        var workload = new Workload(seed, nodes);
        var state = OrganizationState.Initial;
        var beginning = new Queue<OrganizationCommand>(Workload.BeginningOf(organization));
        var (revision, previous) = (0L, Array.Empty<byte>());
        while (true)
        {
            var command = beginning.TryDequeue(out var first) ? first : workload.Next(state);
            var meta = workload.MetaOf(command);
            if (Organization.Decide(state, command, meta.Time) is not Decision<OrganizationEvent>.Accepted(var decided))
            {
                throw new InvalidOperationException($"{command} was refused after revision {revision}.");
            }

            foreach (var @event in decided)
            {
                state = Organization.Evolve(state, @event);
                var row = new JournalRow(++revision, JournalMapping.Manifest(@event), JournalMapping.Encode(new OrganizationRow(@event, meta, previous)));
                previous = row.Hash();
                yield return row;
                if (revision == events)
                {
                    yield break;
                }
            }
        }
    }
}
