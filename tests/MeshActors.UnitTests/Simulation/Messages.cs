using System.Collections.Immutable;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;

namespace MeshActors.UnitTests.Simulation;

/// <summary>A command as a gateway sends it: the same each time that it is sent again.</summary>
internal sealed record Request(int Number, OrganizationCommand Command, DateTimeOffset Time);

/// <param name="Request">What it is part of the answer to.</param>
internal sealed record Change(OrganizationEvent Event, Request Request);

internal sealed record Row(long Revision, OrganizationEvent Event, Request Request);

internal abstract record Outcome
{
    public sealed record Done(long Revision, Node? Node) : Outcome;

    public sealed record Refused(Refusal Reason) : Outcome;

    /// <summary>Whether anything was stored is unknown.</summary>
    public sealed record Unknown : Outcome;
}

internal abstract record Message
{
    public sealed record Execute(int Ask, Request Request) : Message;

    public sealed record Subscribe(long Have, long Number) : Message;

    public sealed record Answer(int Ask, Outcome Outcome) : Message;

    public sealed record Entries(ImmutableArray<Row> Rows, long Number) : Message;

    public sealed record Whole(long Revision, OrganizationState State, long Number) : Message;

    public sealed record Write(int Entity, long First, ImmutableArray<Change> Batch) : Message;

    public sealed record Written(int Entity, bool IsStored) : Message;

    public sealed record Call(int Number, OrganizationCommand Command) : Message;

    public sealed record Returned(int Number, Outcome Outcome) : Message;
}

/// <param name="From">A controller's index, <see cref="World.Database"/>, or a client's place from <see cref="World.FirstClient"/> on.</param>
internal sealed record Envelope(int From, int To, Message Message)
{
    public override string ToString() => $"{Name(From)} > {Name(To)}: {Message.GetType().Name}{Detail}";

    private string Detail => Message switch
    {
        Message.Execute m => $" #{m.Request.Number} {m.Request.Command.GetType().Name}",
        Message.Subscribe m => $" have {m.Have} number {m.Number}",
        Message.Answer m => $" {m.Outcome}",
        Message.Entries m => $" {(m.Rows.IsEmpty ? "none" : $"{m.Rows[0].Revision}..{m.Rows[^1].Revision}")} number {m.Number}",
        Message.Whole m => $" {m.Revision} number {m.Number}",
        Message.Write m => $" {m.First} {string.Join('+', m.Batch.Select(change => $"{change.Event.GetType().Name} #{change.Request.Number}"))}",
        Message.Written m => $" {m.IsStored}",
        Message.Call m => $" {m.Command.GetType().Name}",
        _ => "",
    };

    private static string Name(int place) => place switch
    {
        World.Database => "db",
        >= World.FirstClient => $"client{place - World.FirstClient}",
        _ => $"controller{place}",
    };
}
