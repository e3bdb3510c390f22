using System.Collections.Immutable;
using System.Diagnostics;
using MeshActors.Domain.Organizations;

namespace MeshActors.Domain.Directories;

/// <summary>A wish about what a controller has beside organizations' own facts.</summary>
public abstract record DirectoryCommand
{
    private DirectoryCommand()
    {
    }

    /// <summary>Makes the organization's name known; its own journal is begun after that.</summary>
    public sealed record RegisterOrganization(OrganizationId Organization) : DirectoryCommand;

    /// <summary>Takes the name for a journal that comes from elsewhere: until it is whole, nobody reaches the organization.</summary>
    public sealed record BeginImport(OrganizationId Organization) : DirectoryCommand;

    /// <summary>Its journal is whole: the organization is one of this controller's.</summary>
    public sealed record FinishImport(OrganizationId Organization) : DirectoryCommand;

    /// <summary>A token that may do everything on this controller.</summary>
    public sealed record CreateToken(AccessToken Token) : DirectoryCommand;

    public sealed record RevokeToken(string TokenId) : DirectoryCommand;
}

public abstract record DirectoryEvent
{
    private DirectoryEvent()
    {
    }

    public sealed record OrganizationRegistered(OrganizationId Organization) : DirectoryEvent;

    public sealed record ImportBegun(OrganizationId Organization) : DirectoryEvent;

    public sealed record TokenCreated(AccessToken Token) : DirectoryEvent;

    public sealed record TokenRevoked(string TokenId) : DirectoryEvent;
}

public sealed record DirectoryState(
    ImmutableSortedSet<OrganizationId> Organizations, ImmutableSortedDictionary<string, TokenState> Tokens)
{
    public static readonly DirectoryState Initial = new(
        [], ImmutableSortedDictionary.Create<string, TokenState>(StringComparer.Ordinal));

    /// <summary>Names whose journal is being brought in. Here and not in those journals, which stay as they were elsewhere.</summary>
    public ImmutableSortedSet<OrganizationId> Imports { get; init; } = [];
}

/// <summary>The organizations of a controller by name, and its own tokens. Pure.</summary>
public static class Directory
{
    /// <summary>Each has a feed and a journal of its own; one entity lists them all in one message.</summary>
    public const int OrganizationsMax = 10_000;

    /// <summary>Of the controller, revoked ones included: each is compared on every call of an operator.</summary>
    public const int TokensMax = 1_000;

    public static Decision<DirectoryEvent> Decide(DirectoryState state, DirectoryCommand command) => command switch
    {
        DirectoryCommand.RegisterOrganization c => Register(state, c.Organization),
        DirectoryCommand.BeginImport c => BeginImport(state, c.Organization),
        DirectoryCommand.FinishImport c => FinishImport(state, c.Organization),
        DirectoryCommand.CreateToken c => CreateToken(state, c.Token),
        DirectoryCommand.RevokeToken c => RevokeToken(state, c.TokenId),
        _ => throw new UnreachableException(command.GetType().Name),
    };

    /// <exception cref="InvalidOperationException">The journal contradicts itself: stop the entity, do not guess.</exception>
    public static DirectoryState Evolve(DirectoryState state, DirectoryEvent @event) => @event switch
    {
        DirectoryEvent.OrganizationRegistered e when !state.Organizations.Contains(e.Organization) =>
            state with { Organizations = state.Organizations.Add(e.Organization), Imports = state.Imports.Remove(e.Organization) },
        DirectoryEvent.ImportBegun e when !state.Organizations.Contains(e.Organization) && !state.Imports.Contains(e.Organization) =>
            state with { Imports = state.Imports.Add(e.Organization) },
        DirectoryEvent.TokenCreated e when !state.Tokens.ContainsKey(e.Token.Id) =>
            state with { Tokens = state.Tokens.Add(e.Token.Id, new TokenState(e.Token, IsRevoked: false)) },
        DirectoryEvent.TokenRevoked e when state.Tokens.TryGetValue(e.TokenId, out var token) && !token.IsRevoked =>
            state with { Tokens = state.Tokens.SetItem(e.TokenId, token with { IsRevoked = true }) },
        _ => throw new InvalidOperationException($"{@event} does not follow from the directory's history."),
    };

    private static Decision<DirectoryEvent> Register(DirectoryState state, OrganizationId organization) =>
        state.Organizations.Contains(organization) ? Decision<DirectoryEvent>.Unchanged
        : state.Imports.Contains(organization) ? Decision<DirectoryEvent>.Reject(Unfinished(organization))
        : TooMany(state) is { } tooMany ? Decision<DirectoryEvent>.Reject(tooMany)
        : Decision<DirectoryEvent>.Accept(new DirectoryEvent.OrganizationRegistered(organization));

    private static Decision<DirectoryEvent> BeginImport(DirectoryState state, OrganizationId organization) =>
        state.Organizations.Contains(organization) ? Decision<DirectoryEvent>.Reject(
            RefusalCodes.OrganizationExists, $"Organization '{organization}' is there already and goes its own way; a journal is imported where there is none of its name.")
        : state.Imports.Contains(organization) ? Decision<DirectoryEvent>.Unchanged
        : TooMany(state) is { } tooMany ? Decision<DirectoryEvent>.Reject(tooMany)
        : Decision<DirectoryEvent>.Accept(new DirectoryEvent.ImportBegun(organization));

    private static Decision<DirectoryEvent> FinishImport(DirectoryState state, OrganizationId organization) =>
        state.Organizations.Contains(organization) ? Decision<DirectoryEvent>.Unchanged
        : state.Imports.Contains(organization) ? Decision<DirectoryEvent>.Accept(new DirectoryEvent.OrganizationRegistered(organization))
        : Decision<DirectoryEvent>.Reject(RefusalCodes.OrganizationUnknown, $"No import of organization '{organization}' was begun.");

    /// <summary>What is answered while a journal is being brought in.</summary>
    public static Refusal Unfinished(OrganizationId organization) => new(RefusalCodes.ImportUnfinished,
        $"The import of organization '{organization}' is not finished, and until then it decides nothing; run `meshctl events import` with the same export again: it goes on where it stopped.");

    private static Refusal? TooMany(DirectoryState state) => state.Organizations.Count + state.Imports.Count >= OrganizationsMax
        ? new Refusal(RefusalCodes.TooManyOrganizations, $"This controller has {OrganizationsMax} organizations, the most it may have.")
        : null;

    private static Decision<DirectoryEvent> CreateToken(DirectoryState state, AccessToken token) =>
        state.Tokens.ContainsKey(token.Id) ? Decision<DirectoryEvent>.Unchanged
        : state.Tokens.Count >= TokensMax ? Decision<DirectoryEvent>.Reject(
            RefusalCodes.TooManyTokens, $"This controller has {TokensMax} tokens, the most it may have, revoked ones included.")
        : Decision<DirectoryEvent>.Accept(new DirectoryEvent.TokenCreated(token));

    private static Decision<DirectoryEvent> RevokeToken(DirectoryState state, string id) =>
        !state.Tokens.TryGetValue(id, out var token) ? Decision<DirectoryEvent>.Reject(
            RefusalCodes.TokenUnknown, $"There is no token '{id}' of this controller; `meshctl token list` shows those that are.")
        : token.IsRevoked ? Decision<DirectoryEvent>.Unchanged
        : Decision<DirectoryEvent>.Accept(new DirectoryEvent.TokenRevoked(id));
}
